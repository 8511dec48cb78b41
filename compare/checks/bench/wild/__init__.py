"""The bench on mistakes of the public: restated cases, whether each is found, its line named and its cause explained."""
