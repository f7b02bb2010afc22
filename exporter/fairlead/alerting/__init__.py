"""What fairlead asks Prometheus and Alertmanager, and what follows from their answers."""
