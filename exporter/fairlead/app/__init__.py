"""The only place that puts the parts together: configuration, store, engines, monitor and exposition."""
