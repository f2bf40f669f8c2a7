"""Why somebody is not let in: codes that stay, words that say the fault and the remedy, and nothing personal."""


class NotAuthenticated(Exception):
    """The caller cannot be told from their token; `code` is stable, `detail` says the fault and what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Unprepared(NotAuthenticated):
    """Another issuer's token: its keys or our own register must be asked first, which `prepare` does."""

    def __init__(self) -> None:
        super().__init__("token-unprepared", "this token's issuer has to be asked first; try again")


class TokenRefused(Exception):
    """No token is issued: `error` as RFC 6749 names it, `description` for people, `status` for HTTP."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class NoStanding(Exception):
    """A known client may not speak so: `error` as RFC 6749 names it, `detail` for people."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail
