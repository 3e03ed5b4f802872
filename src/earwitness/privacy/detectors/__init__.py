"""What is sensitive in a text. A detector is pure: it reads a text and says where to look.

==========  =====================================================================
finding     what a detector is, what it finds, and what it knows of earlier text
==========  =====================================================================
"""

from .finding import Context, Detector, Finding, detect

__all__ = ["Context", "Detector", "Finding", "detect"]
