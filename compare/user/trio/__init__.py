"""A user's network, written two or three times: read as one, with every array under one name."""
