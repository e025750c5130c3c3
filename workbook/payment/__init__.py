"""What should have been paid, and why, to the cent.

And what becomes of it: the ledger, corrections, differences, denials, appeals, receivables.

Others may use: `price`, `fee`, `parameter`, `statement`, `PricedRemittance`, `Waterfall`, the declarations in
`workbook.payment.tables`; `post`, `record`, `Ledger`, `reversal_and_correction`, `payment_variance`,
`denial_worklist`, `next_appeal`, `appeal_letter`, `read_appeal_decisions`, `receivables`, `month_numbers`,
`read_ledger`, and their results.
"""

from workbook.payment.appeal_letter import AppealLetter, appeal_letter
from workbook.payment.appeal_path import AppealDecision, AppealStep, read_appeal_decisions
from workbook.payment.corrections import reversal_and_correction
from workbook.payment.denials import DenialWorklist, denial_worklist
from workbook.payment.fee import Fee, fee
from workbook.payment.ledger import Ledger, read_ledger
from workbook.payment.measures import MonthNumbers, month_numbers
from workbook.payment.next_appeal import next_appeal
from workbook.payment.parameters import parameter, parameter_names
from workbook.payment.posting import post, record
from workbook.payment.price import price
from workbook.payment.receivables import Receivables, receivables
from workbook.payment.remit import PricedRemittance
from workbook.payment.statement import Statement, statement
from workbook.payment.variance import PaymentVariance, payment_variance
from workbook.payment.waterfall import Waterfall

__all__ = [
    "AppealDecision", "AppealLetter", "AppealStep", "DenialWorklist", "Fee", "Ledger", "MonthNumbers",
    "PaymentVariance", "PricedRemittance", "Receivables", "Statement", "Waterfall", "appeal_letter",
    "denial_worklist", "fee", "month_numbers", "next_appeal", "parameter", "parameter_names", "payment_variance",
    "post", "price", "read_appeal_decisions", "read_ledger", "receivables", "record", "reversal_and_correction",
    "statement",
]  # fmt: skip
