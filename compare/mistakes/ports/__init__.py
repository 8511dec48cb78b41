"""Mistakes of porting: two versions of a network in two frameworks whose conventions differ."""
