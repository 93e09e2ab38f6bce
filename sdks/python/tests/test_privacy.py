"""What stays in the process, and what may leave it."""

import datetime
import unittest
import uuid

from cairn_tracer._clean import clean_message, clean_record_metadata, clean_share, clean_step_metadata
from cairn_tracer._privacy import RECORD_KEYS, SANITIZED_MESSAGE, STEP_KEYS, looks_private


class Keys(unittest.TestCase):
    def test_each_listed_key_is_dropped_in_any_case_with_a_warning(self):
        for key in sorted(STEP_KEYS):
            for spelling in (key, key.upper(), key.title()):
                with self.assertLogs("cairn_tracer", "WARNING"):
                    self.assertEqual(clean_step_metadata({spelling: 1, "tool": "x"}), {"tool": "x"})
        for key in sorted(RECORD_KEYS):
            with self.assertLogs("cairn_tracer", "WARNING"):
                self.assertEqual(clean_record_metadata({key: "x"}), {})

    def test_nested_and_near_miss_keys_are_dropped(self):
        with self.assertLogs("cairn_tracer", "WARNING"):
            self.assertEqual(
                clean_step_metadata(
                    {"a": {"prompt": "x", "n": 1}, "user_prompt": "x", "promptText": "x", "messages": ["x"], "userprompt": "x", "api-key": "x", "session_token": "x", "l": [{"text": "x"}]}
                ),
                {"a": {"n": 1}, "l": [{}]},
            )

    def test_measures_of_content_pass(self):
        data = {"prompt_tokens": 12, "inputTokens": 3, "message_count": 2, "content_type": "json", "has_output": True, "stop_token": "x", "context": "x"}
        self.assertEqual(clean_step_metadata(data), data)


class Values(unittest.TestCase):
    def test_the_word_token_is_reportable_and_a_credential_is_not(self):
        for good in (
            "token limit exceeded",
            "Token limit exceeded: 4096 tokens",
            "token: 4096 is over the limit",
            "invalid password",
            "api_key missing",
            "secret not found",
            "password is required",
            "token: expired",
            "api_key=None",
            "missing secret: DATABASE_URL",
            "KeyError: 'api_key'",
            "Unexpected token 'o', \"not json\" is not valid JSON",
            "max_tokens=4096 exceeds the limit of 2048",
            "sk-learn-pipeline-training-step failed",
            "git@github.com:org/repository.git could not be cloned",
            "failed to resolve react@18.2.0",
            "GET https://example.com:8443/path?token=null failed",
            "run 550e8400-e29b-41d4-a716-446655440000 failed at 2026-01-01T00:00:00.123456Z",
        ):
            self.assertEqual(clean_message(good), good)
        for bad in (
            "password=hunter2",
            "api_key: abcd1234",
            "Authorization: Bearer abcdef1234567890",
            "sk-proj-abcdefghijklmnop1234",
            "https://user:pass@db/x",
            "token=abcdef123456",
            "mail to ada@example.org",
            "ssn 123-45-6789",
            "card 4111 1111 1111 1111 declined",
            "eyJhbGciOiJI.eyJzdWIiOiIx.abc",
            '{"user":"a","password":"correct horse battery"}',
            "my password is hunter2x",
            "password: swordfish",
            "https://example.com/?access_token=ya12345abcde&x=1",
            "redis://:pa55@cache:6379",
            "GET /users?mail=alice%40example.com",
            "SSN: 219099998",
            "order 12 4111 1111 1111 1111",
        ):
            with self.assertLogs("cairn_tracer", "WARNING"):
                self.assertEqual(clean_message(bad), SANITIZED_MESSAGE, bad)

    def test_numbers_that_are_no_cards_pass(self):
        for good in ("4111 1111 1111 1112", "1763744437000000000", "order 12345", "9" * 40):
            self.assertIsNone(looks_private(good), good)

    def test_private_values_are_dropped_wherever_they_are(self):
        with self.assertLogs("cairn_tracer", "WARNING"):
            self.assertEqual(clean_step_metadata({"a": "ada@example.org", "b": {"c": ["AKIAABCDEFGHIJKLMNOP", 1]}}), {"b": {"c": [1]}})

    def test_scanning_stays_quick_on_hostile_text(self):
        import time

        for text in ("a" * 10_000, "a." * 5_000, "4" * 10_000, "1 " * 5_000, "://a:" * 2_000, "a@" * 5_000, "%40a." * 2_000, "1-" * 5_000, "token=" * 1_600, "bearer " * 1_400):
            start = time.perf_counter()
            looks_private(text)
            self.assertLess(time.perf_counter() - start, 1.0, text[:10])

    def test_values_of_records_are_short_primitives(self):
        with self.assertLogs("cairn_tracer", "WARNING"):
            self.assertEqual(
                clean_record_metadata({"long": "x" * 150, "list": [1], "n": None, "f": 0.5}),
                {"long": "x" * 100, "n": None, "f": 0.5},
            )

    def test_odd_values_become_what_json_can_carry(self):
        number = uuid.uuid4()
        kept = clean_step_metadata(
            {"nan": float("nan"), "day": datetime.date(2026, 1, 2), "id": number, "set": {1}, "nul": "a\0b", "half": "x\ud800"}
        )
        self.assertEqual(
            kept, {"nan": None, "day": "2026-01-02", "id": str(number), "set": [1], "nul": "ab", "half": "x\ufffd"}
        )
        with self.assertLogs("cairn_tracer", "WARNING"):
            self.assertEqual(clean_step_metadata({"object": object(), "bytes": b"x", "huge": 10**30, "card": 4111111111111111}), {})

    def test_a_share_outside_of_0_to_1_becomes_null_with_a_warning(self):
        self.assertEqual(clean_share(1, "confidence"), 1.0)
        for bad in (1.01, -0.1, float("nan"), "0.5", True, object()):
            with self.assertLogs("cairn_tracer", "WARNING"):
                self.assertIsNone(clean_share(bad, "confidence"))


if __name__ == "__main__":
    unittest.main()
