"""Networks for hands and palms that have never seen a real one."""
