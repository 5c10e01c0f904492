"""Why an agency cannot be onboarded.

CatalogueError
└── OnboardingError       names the file, the rule and the way out
    ├── ContractRefused   what was given is no contract of that kind, or cannot be read
    └── CallWrong         the command itself: no such file, a name that is taken, an adapter that is not installed
"""

from __future__ import annotations

from gateway.domain.errors import CatalogueError


class OnboardingError(CatalogueError):
    """``file`` is what is wrong, ``rule`` what it breaks, ``fix`` the way out."""

    def __init__(self, file: str, rule: str, fix: str) -> None:
        super().__init__(f"{file}: {rule}; {fix}" if file else f"{rule}; {fix}")
        self.file = file
        self.rule = rule
        self.fix = fix


class ContractRefused(OnboardingError):
    """The contract, not the command, is what has to be mended."""


class CallWrong(OnboardingError):
    """The command has to be given otherwise."""
