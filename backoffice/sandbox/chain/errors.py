"""The JSON-RPC errors of the sandbox chain, with the codes that Ethereum nodes use."""


class RpcError(Exception):
    """Becomes the `error` member of a response."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    @classmethod
    def server(cls, message: str) -> "RpcError":
        """What a node says of a request it understood and will not do."""
        return cls(-32000, message)

    @classmethod
    def invalid_params(cls, message: str) -> "RpcError":
        return cls(-32602, message)

    @classmethod
    def reverted(cls, reason: str, data: bytes) -> "RpcError":
        """Code 3 is geth's for a call that the contract refused."""
        return cls(3, f"execution reverted: {reason}" if reason else "execution reverted", "0x" + data.hex())
