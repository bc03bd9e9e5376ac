"""Prices from several providers: who is asked, whom we believe, who is best, and the reference rates that tell them apart."""
