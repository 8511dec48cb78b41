"""The bench of lines: correct backward passes of models that are no network here, and mistakes in their text."""
