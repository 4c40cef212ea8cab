"""stub"""


def check(*a):
    raise NotImplementedError
