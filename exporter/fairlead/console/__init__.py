"""The pages that people act on: rendered here, without JavaScript, over the same services as the API."""
