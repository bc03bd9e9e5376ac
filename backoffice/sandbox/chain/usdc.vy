# pragma version ^0.4.3
# pragma evm-version cancun
"""
@title Sandbox dollar token
@notice An ERC-20 token with six decimals that stands for USDC on the sandbox chain. Only its owner mints, pauses and blocks.
"""

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    amount: uint256

event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

name: public(constant(String[16])) = "Sandbox USD Coin"
symbol: public(constant(String[4])) = "USDC"
decimals: public(constant(uint8)) = 6

version: public(constant(String[1])) = "2"

RECEIVE_TYPE: constant(bytes32) = keccak256(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)

owner: public(immutable(address))
DOMAIN_SEPARATOR: public(immutable(bytes32))
paused: public(bool)
isBlacklisted: public(HashMap[address, bool])
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
authorizationState: public(HashMap[address, HashMap[bytes32, bool]])


@deploy
def __init__():
    owner = msg.sender
    DOMAIN_SEPARATOR = keccak256(
        abi_encode(DOMAIN_TYPE, keccak256("Sandbox USD Coin"), keccak256("2"), chain.id, self)
    )


@internal
def _move(sender: address, receiver: address, amount: uint256):
    assert not self.paused, "Pausable: paused"
    assert not self.isBlacklisted[sender] and not self.isBlacklisted[receiver], "Blacklistable: account is blacklisted"
    # The zero address is refused, as the real token does: tokens sent there would be lost without having been burnt.
    assert receiver != empty(address), "transfer to the zero address"
    assert self.balanceOf[sender] >= amount, "transfer amount exceeds balance"
    self.balanceOf[sender] -= amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=sender, receiver=receiver, amount=amount)


@external
def transfer(receiver: address, amount: uint256) -> bool:
    self._move(msg.sender, receiver, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, amount=amount)
    return True


@external
def transferFrom(sender: address, receiver: address, amount: uint256) -> bool:
    assert self.allowance[sender][msg.sender] >= amount, "transfer amount exceeds allowance"
    self.allowance[sender][msg.sender] -= amount
    self._move(sender, receiver, amount)
    return True


@external
def receiveWithAuthorization(
    sender: address,
    receiver: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @notice ERC-3009: the owner of tokens signs off-chain, whoever receives them sends the transaction and pays its gas.
    """
    assert msg.sender == receiver, "FiatTokenV2: caller must be the payee"
    assert block.timestamp > valid_after, "FiatTokenV2: authorization is not yet valid"
    assert block.timestamp < valid_before, "FiatTokenV2: authorization is expired"
    assert not self.authorizationState[sender][nonce], "FiatTokenV2: authorization is used or canceled"
    content: bytes32 = keccak256(abi_encode(RECEIVE_TYPE, sender, receiver, amount, valid_after, valid_before, nonce))
    digest: bytes32 = keccak256(concat(b"\x19\x01", DOMAIN_SEPARATOR, content))
    assert sender != empty(address) and ecrecover(digest, v, r, s) == sender, "FiatTokenV2: invalid signature"
    self.authorizationState[sender][nonce] = True
    log AuthorizationUsed(authorizer=sender, nonce=nonce)
    self._move(sender, receiver, amount)


@external
def mint(receiver: address, amount: uint256) -> bool:
    assert msg.sender == owner, "only the owner mints"
    assert receiver != empty(address), "mint to the zero address"
    self.totalSupply += amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=empty(address), receiver=receiver, amount=amount)
    return True


@external
def burn(amount: uint256) -> bool:
    assert self.balanceOf[msg.sender] >= amount, "burn amount exceeds balance"
    self.balanceOf[msg.sender] -= amount
    self.totalSupply -= amount
    log Transfer(sender=msg.sender, receiver=empty(address), amount=amount)
    return True


@external
def pause():
    assert msg.sender == owner, "Pausable: caller is not the pauser"
    self.paused = True


@external
def unpause():
    assert msg.sender == owner, "Pausable: caller is not the pauser"
    self.paused = False


@external
def blacklist(account: address):
    assert msg.sender == owner, "Blacklistable: caller is not the blacklister"
    self.isBlacklisted[account] = True


@external
def unBlacklist(account: address):
    assert msg.sender == owner, "Blacklistable: caller is not the blacklister"
    self.isBlacklisted[account] = False
