"""Reports for people who do not look at dashboards: from what is recorded, as JSON or a page."""
