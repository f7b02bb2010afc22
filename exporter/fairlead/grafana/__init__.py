"""What Grafana has no files for, or for a Grafana elsewhere: folders, dashboards and permissions over its API."""
