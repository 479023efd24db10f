"""Stands for the plotting libraries that a submission may use while it trains: no window opens, no time is lost."""

import types

import numpy as np

PLOTTING = ("matplotlib", "matplotlib.pyplot", "matplotlib.pylab", "pylab", "seaborn", "plotly")


class Silent(types.ModuleType):
    """Stands for a plotting library: takes every call, opens no window, costs no time. Curves are judged in the PDF."""

    __path__ = ()

    def __init__(self, name="silent", *args, **kwargs):
        super().__init__(str(name))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent(name)

    def __call__(self, *args, **kwargs):
        if self.__name__ == "subplots":  # fig, (top, bottom) = plt.subplots(2, 1)
            shape = [kwargs.get(name, args[k] if k < len(args) else 1) for k, name in enumerate(("nrows", "ncols"))]
            axes = np.full(shape, Silent(), object).squeeze()
            return Silent(), axes if axes.ndim else axes.item()
        return {"plot": (Silent(),), "hist": (Silent(), Silent(), Silent())}.get(self.__name__, Silent())

    def __iter__(self):  # for line in axes.lines
        return iter(())

    def __getitem__(self, key):
        return Silent()

    def __setitem__(self, key, value):  # plt.rcParams["figure.figsize"] = 8, 6
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False
