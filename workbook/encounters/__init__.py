"""What a clinical note is worth in codes: cases with a cited key, a learner's answer scored, and the claim it makes.

`practice/` is a year of an invented practice, with its own pages.

Others may use: `Encounter`, `encounter`, `encounters` and `load_encounter` (in `case`), `Exercise`, `exercise`,
`exercises` and `load_exercise` (in `exercise`), `Entry` and `read_answer` (in `answer`), `check` and `Feedback` (in
`scoring`), `to_claim` (in `to_claim`), `charge_master` (in `charges`).
"""
