"""Text that no database holds is refused or matches nobody, on both databases alike; it is never a fault of ours."""

from tests.routers.cast import FULL, OLGA, WORK, told
from tests.world import Service

STRANGE = ["\x00", "X\x00", "%", "_", "'", "\\", "İ", "ﬃ", "' OR 1=1 --"]


async def test_a_name_of_any_text_matches_nobody(service_on_both: Service) -> None:
    for text in STRANGE:
        for field in ("familyName", "givenNames"):
            answer = await service_on_both.request("POST", "/v1/people/searches", *OLGA, WORK, json={field: text})
            assert answer.status_code in (200, 422), (field, text)
            assert FULL not in answer.text


async def test_a_referral_of_any_text_is_not_on_file(service_on_both: Service) -> None:
    for text in ("%00", "referral-full%00", "%25", "'", "%F0%9F%A7%A0", "a" * 3_000):
        answer = await service_on_both.get(f"/v1/referrals/{text}", *OLGA, WORK)
        assert answer.status_code in (400, 404), text
        assert told(answer)["code"] in ("not-found", "parameter-invalid")
