"""Which ops compute with complex numbers, as the Fourier transforms of FNet do, in a way that can be walked back."""

from __future__ import annotations

TRANSFORMS = frozenset(("FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D"))
# All that has a rule for complex numbers; these ops move them about at most.
COMPLEX = TRANSFORMS | frozenset(
    "Complex Real Imag Cast Identity Reshape Squeeze ExpandDims Transpose".split()
)
