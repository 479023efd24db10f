"""The steps of gradient descent that `update_params` takes, ten times as fast. `assignment2` uses this if it is here.

At 3 features, 6 hidden units and batches of 32, a numpy call is nearly all overhead, so this module is about making few
and cheap ones: 13 a step. A test ties it to `update_params`, to 1e-10 after hundreds of steps, and
`python -m benchmarks.bench_step` compares the speeds. Five ideas:

1. A bias is the weight of an input that is always 1: X gets a row of ones, and a layer is one product.
2. σ(z) = (1 + tanh(z/2)) / 2 is one call that cannot overflow. With V = [W1 b1]/2, the hidden layer is t = tanh(V x).
3. h = (1 + t)/2 is never computed. The next layer takes t: z2/2 = u·t + c with u = W2/4 and c = b2/2 + ΣW2/4. With
   p = tanh(z2/2) and s = 2y - 1, the error is ŷ - y = (p - s)/2, and σ'(z1) = (1 - t²)/4. The chain rule then gives
       V <- V - lr/(4B) (u (p - s) (1 - t²)) xᵀ     [u c] <- [u c] - lr/(16B) M (p - s) [t; 1]ᵀ
   where M = [[I, 1], [1ᵀ, ℓ + 4]] carries a step of W2 and b2 over to u and c.
4. The buffers, and their views for each batch, are made once for the whole run. Their bound methods, with the output
   as a positional argument, skip numpy's dispatch: V.dot(X, T) is faster than np.dot(V, X, out=T).
5. A large batch goes through in blocks of up to 512 columns, whose arrays stay in the processor's cache.
"""

import numpy as np


def fast_steps(X, y, units, batch, lr):
    """Prepare a run on X (d, N), y (N,) with `units` hidden units and batches of `batch` examples.

    Returns take_steps(batches, (W1, b1, W2, b2)): one step for each row of batches (n, batch), indices of examples.
    It returns new W1 (ℓ, d), b1 (ℓ,), W2 (1, ℓ), b2 (1,).
    """
    d, N = X.shape
    width = max(w for w in range(1, 513) if batch % w == 0)
    if width < 128:  # a batch with no good divisor goes through whole
        width = batch
    at_once = max(1, 8192 // batch)  # steps whose examples are laid out together
    blocks = at_once * batch // width

    examples = np.column_stack([X.T, np.ones(N)])  # (N, d+1)
    signs = 2.0 * y - 1  # (N,)
    Xs, XTs, ss = np.empty((blocks, d + 1, width)), np.empty((blocks, width, d + 1)), np.empty((blocks, width))
    # The last entry: does a step of several blocks end here?
    views = [(Xs[i], XTs[i], ss[i], width < batch and (i + 1) * width % batch == 0) for i in range(blocks)]

    # V and v = [u c] are views of one array and so are their gradients: one subtraction updates all.
    theta, grad = np.empty((2, units * (d + 1) + units + 1))
    V, v = theta[: units * (d + 1)].reshape(units, d + 1), theta[units * (d + 1) :]
    dV, dv = grad[: units * (d + 1)].reshape(units, d + 1), grad[units * (d + 1) :]
    u = v[:units, None]  # (ℓ, 1)
    rate = lr / (16 * batch)
    if units <= 200:
        M = np.diag([1.0] * units + [units + 4])
        M[-1, :units] = M[:units, -1] = 1
        times_M = (rate * M).dot
    else:  # M has (ℓ+1)² entries: three calls are cheaper, and need no memory

        def times_M(g, out):
            multiply(g + g[-1], rate, out)
            out[-1] = rate * (g.sum() + (units + 3) * g[-1])

    T1 = np.ones((units + 1, width))  # [t; 1]
    T = T1[:units]
    p, delta, slope = np.empty((1, width)), np.empty((units, width)), np.empty((units, width))
    p_row = p[0]
    gradient = np.empty(units + 1)
    one = np.ones(())
    V_dot, v_dot, T1_dot, u_dot, delta_dot = V.dot, v.dot, T1.dot, u.dot, delta.dot
    tanh, multiply, subtract = np.tanh, np.multiply, np.subtract

    def lay_out(batches):
        chosen = batches.reshape(-1, width)  # (blocks, width)
        n = len(chosen)
        np.take(examples, chosen, axis=0, out=XTs[:n], mode="clip")  # "raise" would go through a buffer
        np.copyto(Xs[:n], XTs[:n].transpose(0, 2, 1))
        np.multiply(XTs[:n], lr / (4 * batch), out=XTs[:n])
        np.take(signs, chosen, out=ss[:n], mode="clip")
        return views[:n]

    def take_steps(batches, parameters):
        W1, b1, W2, b2 = parameters
        V[:, :d], V[:, d] = W1 / 2, b1 / 2
        v[:units], v[units:] = W2[0] / 4, b2 / 2 + W2.sum() / 4
        moved = theta if width == batch else theta.copy()  # all blocks take their gradients at the old parameters
        with np.errstate(over="ignore", invalid="ignore"):  # `descend` reports an overflow, once
            for start in range(0, len(batches), at_once):
                for X, XT, s, ends in lay_out(batches[start : start + at_once]):
                    V_dot(X, T)  # (ℓ, d+1) @ (d+1, B) -> (ℓ, B)  z1/2
                    tanh(T, T)
                    v_dot(T1, p_row)  # (ℓ+1,) @ (ℓ+1, B) -> (B,)  z2/2
                    tanh(p_row, p_row)
                    subtract(p_row, s, p_row)  # 2 (ŷ - y)
                    T1_dot(p_row, gradient)  # (ℓ+1, B) @ (B,) -> (ℓ+1,)
                    times_M(gradient, dv)  # (ℓ+1, ℓ+1) @ (ℓ+1,) -> (ℓ+1,)
                    u_dot(p, delta)  # (ℓ, 1) @ (1, B) -> (ℓ, B)
                    multiply(T, T, slope)
                    subtract(one, slope, slope)  # 4 σ'(z1)
                    multiply(delta, slope, delta)
                    delta_dot(XT, dV)  # (ℓ, B) @ (B, d+1) -> (ℓ, d+1)
                    subtract(moved, grad, moved)
                    if ends:
                        theta[:] = moved
        return 2 * V[:, :d], 2 * V[:, d], 4 * v[None, :units], 2 * v[units:] - 2 * v[:units].sum()

    return take_steps
