"""All machine code: kernels that see plain arrays and know nothing of the rest of the package."""
