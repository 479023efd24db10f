/* Steps of gradient descent as a C programmer would write them first: the yardstick of bench_step.py.
 * X (n, B, d): the examples of n batches; y (n, B). W1 (l, d), b1 (l), W2 (l), b2 (1) are updated in place.
 * Compiled with -O3 -march=native, without -ffast-math. */
#include <math.h>
#include <string.h>

void steps(long n, long B, long d, long l, double lr, const double *X, const double *y,
           double *W1, double *b1, double *W2, double *b2)
{
    double h[l], dW1[l * d], db1[l], dW2[l];
    for (long i = 0; i < n; i++) {
        double db2 = 0;
        memset(dW1, 0, sizeof dW1);
        memset(db1, 0, sizeof db1);
        memset(dW2, 0, sizeof dW2);
        for (long k = 0; k < B; k++, X += d, y++) {
            double z2 = *b2;
            for (long j = 0; j < l; j++) {
                double z = b1[j];
                for (long c = 0; c < d; c++) z += W1[j * d + c] * X[c];
                h[j] = 1 / (1 + exp(-z));
                z2 += W2[j] * h[j];
            }
            double delta2 = 1 / (1 + exp(-z2)) - *y;
            db2 += delta2;
            for (long j = 0; j < l; j++) {
                double delta1 = W2[j] * delta2 * h[j] * (1 - h[j]);
                dW2[j] += delta2 * h[j];
                db1[j] += delta1;
                for (long c = 0; c < d; c++) dW1[j * d + c] += delta1 * X[c];
            }
        }
        for (long j = 0; j < l; j++) {
            W2[j] -= lr / B * dW2[j];
            b1[j] -= lr / B * db1[j];
            for (long c = 0; c < d; c++) W1[j * d + c] -= lr / B * dW1[j * d + c];
        }
        *b2 -= lr / B * db2;
    }
}
