"""What a person's own judgement decides: marks, votes, graders and judges tried on them, kept questions."""
