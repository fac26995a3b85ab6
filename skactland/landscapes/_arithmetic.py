"""The operators of whatever has linear combinations."""

from numbers import Real


class Arithmetic:
    """Sums, differences and multiples of vectors, and their quotients by numbers.

    A subclass gives the class method ``linear_combination(vectors, coefficients)``. Operands of
    other kinds are left to Python, which refuses them by name.
    """

    __array_ufunc__ = None  # NumPy's scalars leave a product to __rmul__

    def __add__(self, other):
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.linear_combination([self, other], [1, 1])

    def __sub__(self, other):
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.linear_combination([self, other], [1, -1])

    def __mul__(self, factor):
        if not isinstance(factor, Real):
            return NotImplemented
        return self.linear_combination([self], [factor])

    __rmul__ = __mul__

    def __truediv__(self, divisor):
        if not isinstance(divisor, Real):
            return NotImplemented
        return self.linear_combination([self], [1 / divisor])

    def __neg__(self):
        return self.linear_combination([self], [-1])
