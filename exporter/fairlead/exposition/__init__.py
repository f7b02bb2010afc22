"""What `/metrics` says: every public name once, rebuilt from the snapshot, rendered once per change."""
