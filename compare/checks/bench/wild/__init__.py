"""The bench on mistakes of the public: is each found, its line named and its cause explained?"""
