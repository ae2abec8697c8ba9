"""How fast the tools are and how much memory they take, beside yardsticks measured in the same run.

`python -m benchmarks` measures and reports; `bounds.py` holds the table of what is measured and how much it may be.
`python benchmarks/precision.py` compares bfloat16 with float32.
"""
