#!/usr/bin/env python
import argparse
import numpy as np


def parse_args():
    parser = argparse.ArgumentParser(description="two-layer net on spirals")
    parser.add_argument("--hidden", type=int, default=12)
    parser.add_argument("--lr", type=float, default=1.0)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--reg", type=float, default=1e-3)
    return parser.parse_args()


def spirals(N=30, K=3):
    X, y = np.zeros((N * K, 2)), np.zeros(N * K, dtype="uint8")
    for j in range(K):
        r = np.linspace(0.0, 1, N)
        t = np.linspace(j * 4, (j + 1) * 4, N) + np.random.randn(N) * 0.2
        X[N * j:N * (j + 1)] = np.c_[r * np.sin(t), r * np.cos(t)]
        y[N * j:N * (j + 1)] = j
    return X, y


def main():
    args = parse_args()
    np.random.seed(0)
    X, y = spirals()
    W = 0.01 * np.random.randn(2, args.hidden)
    b = np.zeros((1, args.hidden))
    W2 = 0.01 * np.random.randn(args.hidden, 3)
    b2 = np.zeros((1, 3))
    num_examples = X.shape[0]
    for i in range(args.steps):
        hidden_layer = np.maximum(0, np.dot(X, W) + b)
        scores = np.dot(hidden_layer, W2) + b2
        exp_scores = np.exp(scores)
        probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
        correct_logprobs = -np.log(probs[range(num_examples), y])
        data_loss = np.sum(correct_logprobs) / num_examples
        reg_loss = 0.5 * args.reg * np.sum(W * W) + 0.5 * args.reg * np.sum(W2 * W2)
        loss = data_loss + reg_loss
        if i % 50 == 0:
            print("iteration %d: loss %f" % (i, loss))
        dscores = probs
        dscores[range(num_examples), y] -= 1
        dscores /= num_examples
        dW2 = np.dot(hidden_layer.T, dscores)
        db2 = np.sum(dscores, axis=0, keepdims=True)
        dhidden = np.dot(dscores, W2.T)
        dhidden[hidden_layer <= 0] = 0
        dW = np.dot(X.T, dhidden)
        db = np.sum(dhidden, axis=0, keepdims=True)
        dW2 += args.reg * W2
        dW += args.reg * W
        W += -args.lr * dW
        b += -args.lr * db
        W2 += -args.lr * dW2
        b2 += -args.lr * db2


if __name__ == "__main__":
    main()
