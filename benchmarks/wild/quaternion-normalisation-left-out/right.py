import numpy as np


def quat_to_rotmat(quat):
    norm = np.sqrt(np.sum(quat * quat))
    w, x, y, z = quat / norm
    R = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    return R, (quat, norm)


def quat_to_rotmat_vjp(v_R, saved):
    quat, norm = saved
    unit = quat / norm
    w, x, y, z = unit
    v_w = 2 * (x * (v_R[2, 1] - v_R[1, 2]) + y * (v_R[0, 2] - v_R[2, 0]) + z * (v_R[1, 0] - v_R[0, 1]))
    v_x = 2 * (-2 * x * (v_R[1, 1] + v_R[2, 2]) + y * (v_R[1, 0] + v_R[0, 1]) + z * (v_R[2, 0] + v_R[0, 2]))
    v_x += 2 * w * (v_R[2, 1] - v_R[1, 2])
    v_y = 2 * (x * (v_R[1, 0] + v_R[0, 1]) - 2 * y * (v_R[0, 0] + v_R[2, 2]) + z * (v_R[2, 1] + v_R[1, 2]))
    v_y += 2 * w * (v_R[0, 2] - v_R[2, 0])
    v_z = 2 * (x * (v_R[2, 0] + v_R[0, 2]) + y * (v_R[2, 1] + v_R[1, 2]) - 2 * z * (v_R[0, 0] + v_R[1, 1]))
    v_z += 2 * w * (v_R[1, 0] - v_R[0, 1])
    v_unit = np.array([v_w, v_x, v_y, v_z])
    return (v_unit - unit * np.dot(unit, v_unit)) / norm


rotation = (quat_to_rotmat, quat_to_rotmat_vjp)
inputs = (np.array([1.4, -0.6, 0.9, 0.5]),)
