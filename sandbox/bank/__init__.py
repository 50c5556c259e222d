"""The synthetic bank: people, their accounts and two years of their money, the same for the same seed."""
