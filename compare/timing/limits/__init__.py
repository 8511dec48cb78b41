"""What a static graph cannot do, shown by doing it in both frameworks and writing down what happens."""
