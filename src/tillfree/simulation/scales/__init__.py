"""What plates under the shelves read: noise, boards, drift, the shaking floor, and what acts do to the load."""
