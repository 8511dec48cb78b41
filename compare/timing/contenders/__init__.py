"""One file a contender, each with its CONTENDER; a new file is found without touching any other."""
