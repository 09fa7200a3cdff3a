"""The address that gets the event feed, by POST; of its answer only the status counts."""

import httpx2

from tillfree.connectors.retailer.errors import RetailerUnavailable

__all__ = ["FeedAddress"]


class FeedAddress:
    """A connection to one address. It is not signed: what goes there says nothing of persons."""

    def __init__(self, url: str, timeout_s: float, *, transport: httpx2.BaseTransport | None = None) -> None:
        self._url = url
        self._http = httpx2.Client(follow_redirects=False, trust_env=False, timeout=timeout_s, transport=transport)

    def close(self) -> None:
        """Ends the connection."""
        self._http.close()

    def send(self, events: bytes) -> None:
        """Sends a list of events, as JSON.

        Raises:
            RetailerUnavailable: no answer, or another than 2xx; send the same again later.
        """
        headers = {"content-type": "application/json"}
        try:
            with self._http.stream("POST", self._url, content=events, headers=headers) as answer:
                status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise RetailerUnavailable(f"no answer ({type(error).__name__})") from error
        if not 200 <= status < 300:
            raise RetailerUnavailable(f"answered {status}")
