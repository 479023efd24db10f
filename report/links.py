"""Where each equation of the report is used: the handout, the line of code, its test, the grader's hints.

EQUATIONS numbers what the report displays, in the order of its pages. LINKS is the table at its end; each of its rows
is found from both sides, since the lines of assignment2.py name the equation that they compute. A test fails if one of
the four has nothing at its other end.
"""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# "setting.name" of a definition or a claim, "setting/name" of a derivation, in the order in which the pages show them.
EQUATIONS = (
    *("columns.network", "network.z1[i]", "network.h[i]", "network.z2", "network.yhat", "network.L", "columns.step"),
    *("scalars/q21", "mean.L", "mean/q21"),
    *("scalars.s", "scalars/q22", "elements/q22", "elements_matrix/q22"),
    *(
        "layer.z[i]",
        "layer.yhat[i]",
        "layer/q23W",
        "layer/q23h",
        "layer/q23b",
        "layer_matrices/Jh",
        "layer_matrices/Jb",
    ),
    *("layer/q23LW", "layer/q23Lh", "layer/q23Lb", "layer_matrices/LW", "layer_matrices/Lh", "layer_matrices/Lb"),
    *("unit/W", "unit/h", "unit/b"),
    *("network/z2", "network/W2", "network/b2", "network/h", "network/z1", "network/W1", "network/b1"),
    *("batch.Z1", "batch.H", "batch.Z2", "batch.yhat", "batch.L", "batch.delta2", "batch.delta1"),
    *("batch/W2", "batch/b2", "batch/W1", "batch/b1"),
    *("network.stable_loss", "network.stable_error"),
    *("tanh/z1", "weighted/z", "squared/z2"),
)
NUMBERS = {key: number for number, key in enumerate(EQUATIONS, 1)}


@dataclass(frozen=True)
class Link:
    equation: str  # a key of EQUATIONS
    handout: str  # the handout's equation or question
    function: str  # of assignment2.py
    line: str  # how the line that computes it begins
    test: str  # of tests/test_assignment2.py
    hints: str  # ids of autograder/mistakes.md: "section: name name"


LINKS = (
    Link(
        *("scalars.s", "(1.2), Q1.1", "sigmoid", "return np.where(x < 0, e, 1) / (1 + e)"),
        "test_sigmoid_is_within_4_units_in_the_last_place",
        "sigmoid: base brackets clipped derivative identity integer log plus relu rounded scaled sign softmax tanh",
    ),
    Link(
        *("network.h[i]", "(1.3), Q1.2", "inference_layer", "return sigmoid(Z)"),
        "test_inference_equals_the_loop",
        "layer: W_transposed bias_axis bias_minus bias_outside no_bias no_sigmoid one_bias relu rounded sign softmax "
        "spread tanh transposed twice",
    ),
    Link(
        *("columns.network", "(1.1), (1.4), Q1.3", "inference_2layers", "return inference_layer(H, _one_row(W2), b2)"),
        "test_inference_equals_the_loop",
        "network: b1_for_b2 b2_for_b1 bias_axis biases_swapped first hidden mean negative no_b1 no_b2 no_bias "
        "no_hidden_sigmoid no_output_sigmoid relu rounded softmax tanh twice",
    ),
    Link(
        *("network.L", "(1.7), Q1.4", "bce_forward", "return -np.mean("),
        "test_loss_worked_by_hand",
        "loss: absolute clipped first half labels_swapped log10 log1p log2 negated no_negatives no_positives product "
        "rounded second_sign squared sum sum_negated swapped_arguments twice unaveraged",
    ),
    Link(
        *("batch.H", "Q3", "gradients", "H = inference_layer(X, W1, b1)"),
        "test_gradients_equal_complex_step_and_loop",
        "gradients: no_b1",
    ),
    Link(
        *("batch.yhat", "Q3", "gradients", "yhat = inference_layer(H, W2, b2)"),
        "test_gradients_equal_complex_step_and_loop",
        "gradients: no_b2",
    ),
    Link(
        *("batch.delta2", "Q2.1, Q2.4", "gradients", "delta2 = (yhat - y) / N"),
        "test_a_saturated_mistake_still_has_a_gradient",
        "gradients: absolute divided_by_2N divided_twice factor_2 first labels_swapped last mean mean_axis negated "
        "no_labels output_prime output_prime_missing plus rounded squared sum sum_negated",
    ),
    Link(
        *("batch/W2", "Q2.4", "gradients", "dW2 = delta2 @ H.T"),
        "test_gradients_equal_complex_step_and_loop",
        "gradients: X_for_h transposed z_for_h",
    ),
    Link(
        *("batch/b2", "Q2.4", "gradients", "db2 = _bias_gradient(delta2, b2)"),
        "test_one_bias_for_all_units_is_a_number_in_any_shape",
        "gradients: bias_not_summed",
    ),
    Link(
        *("batch.delta1", "Q2.2, Q2.4", "gradients", "delta1 = (W2.T @ delta2) * H * (1 - H)"),
        "test_gradients_equal_complex_step_and_loop",
        "gradients: no_W2 no_prime prime_twice prime_wrong relu_prime",
    ),
    Link(
        *("batch/W1", "Q2.4", "gradients", "dW1 = delta1 @ X.T"),
        "test_gradients_of_the_published_example",
        "gradients: order parameters transposed zero",
    ),
    Link(
        *("batch/b1", "Q2.4", "gradients", "db1 = _bias_gradient(delta1, b1)"),
        "test_gradients_of_the_published_example",
        "gradients: bias_axis bias_not_summed",
    ),
    Link(
        *("columns.step", "Q4", "update_params", "return W1 - lr * dW1"),
        "test_a_step_goes_down_the_slope_and_leaves_its_inputs",
        "update: ascent decay divided fixed_rate gradient no_rate order rate_divides rate_squared sequential sign sum "
        "twice unit unmoved unpacked",
    ),
)


def line_of(link):
    """The number of the link's line in assignment2.py. Raises ValueError unless it is there exactly once."""
    lines = (ROOT / "assignment2.py").read_text(encoding="utf-8").splitlines()
    start = lines.index(next(line for line in lines if line.startswith(f"def {link.function}(")))
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith(("def ", "class "))), len(lines))
    found = [n + 1 for n in range(start, end) if lines[n].strip().startswith(link.line)]
    if len(found) != 1:
        raise ValueError(f"{link.function} in assignment2.py has {len(found)} lines that begin with {link.line!r}")
    return found[0]


def table():
    """LINKS as the page shows it: the equation's number, the line's number, and the rest as it stands."""
    return [
        {
            "key": link.equation,
            "number": NUMBERS[link.equation],
            "handout": link.handout,
            "function": link.function,
            "line": line_of(link),
            "test": link.test,
            "hints": link.hints,
        }
        for link in LINKS
    ]
