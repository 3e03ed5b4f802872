"""The sound of a call: placed on one timeline, encoded on a thread, put on disk page by page."""
