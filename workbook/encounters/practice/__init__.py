"""A year of an invented practice: its claims, the payers' answers, and the errors planted on a fifth of them.

Others may use: `write_practice` (in `write`), `make_practice` and `Practice` (in `write`), `SEED`.
Pages: `practice.yaml` (who), `visits.yaml` (which visits), `plants.yaml` (which errors).
"""

#: The seed of what ships in sample_data/claims.
SEED = 2025
