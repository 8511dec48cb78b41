import numpy as np


class HolonomicBase:
    def fkm(self, q):
        x, y, phi = q
        c, s = np.cos(phi / 2), np.sin(phi / 2)
        return np.array([c, 0.0, 0.0, s, 0.0, 0.5 * (x * c + y * s), 0.5 * (y * c - x * s), 0.0])

    def pose_jacobian(self, q):
        x, y, phi = q
        c, s = np.cos(phi / 2), np.sin(phi / 2)
        j13 = -0.5 * s
        j43 = 0.5 * c
        j61, j62 = 0.5 * c, 0.5 * s
        j71, j72 = -0.5 * s, 0.5 * c
        j63 = 0.25 * (-x * s + y * c)
        j73 = 0.25 * (x * c - y * s)
        J = np.zeros((8, 3))
        J[0, 2] = j13
        J[3, 2] = j43
        J[5] = [j61, j62, j63]
        J[6] = [j71, j72, j73]
        return J


base = HolonomicBase()
params = np.array([0.7, -1.3, 0.9])
x = np.array([0.8, 0.0, 0.0, 0.6, 0.0, 0.1, -0.4, 0.0])


def pose_error(params, x):
    e = base.fkm(params) - x
    return 0.5 * e @ e, base.pose_jacobian(params).T @ e
