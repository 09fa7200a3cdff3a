"""What happened in the shop over some days: sales, visits, the floor and shrink, with plots and as CSV."""
