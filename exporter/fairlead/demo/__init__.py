"""What the demo and the tests start on loopback: Prometheus, Alertmanager and a sink for what they send."""
