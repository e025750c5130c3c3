"""What the guides of the 837 and the 835 ask of a transaction, as pages of data, and whether it is so."""
