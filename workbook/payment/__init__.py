"""What should have been paid, and why, to the cent.

Others may use: `price`, `fee`, `parameter`, `statement`, `PricedRemittance`, `Waterfall`, and the declarations in
`workbook.payment.tables`.
"""

from workbook.payment.fee import Fee, fee
from workbook.payment.parameters import parameter, parameter_names
from workbook.payment.price import price
from workbook.payment.remit import PricedRemittance
from workbook.payment.statement import Statement, statement
from workbook.payment.waterfall import Waterfall

__all__ = [
    "Fee", "PricedRemittance", "Statement", "Waterfall", "fee", "parameter", "parameter_names", "price", "statement",
]  # fmt: skip
