"""The bench of lines: correct backward passes that no network of this project is, and mistakes planted in their text."""
