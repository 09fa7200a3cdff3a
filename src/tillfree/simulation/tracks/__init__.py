"""What a tracker of people says: joints as cameras see them, their errors, and the tracker's mistakes."""
