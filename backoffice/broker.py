"""How Celery talks to its broker.

A message is a hint to look at a row, so losing one costs a few seconds and a second copy nothing. What must not happen is that
a process hangs on a dead broker, or that a killed worker's hint waits an hour; the options below are about that, each measured.
"""

from typing import Any

VISIBILITY_TIMEOUT_S = 60
SOCKET_TIMEOUT_S = 5


def broker_settings(url: str) -> dict[str, Any]:
    """Celery settings for the broker at `url`."""
    return {
        "broker_url": url,
        # Nobody reads results: outcomes are rows.
        "result_backend": None,
        "task_ignore_result": True,
        "timezone": "UTC",
        "task_serializer": "json",
        "accept_content": ["json"],
        "broker_transport_options": {
            # Redelivery of what a killed worker held. Tasks are short and repeatable, so sooner is better than Celery's hour.
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            # kombu looks for such messages only on every n-th check; its default makes that about 100 s.
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            # Without these a publish to a dead broker never returns, and the web request with it.
            "socket_timeout": SOCKET_TIMEOUT_S,
            "socket_connect_timeout": SOCKET_TIMEOUT_S,
            "health_check_interval": 15,
            "retry_on_timeout": False,
        },
        "broker_connection_timeout": SOCKET_TIMEOUT_S,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2},
        # A task is acknowledged when it ended; when its process is killed the hint goes back.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_soft_shutdown_timeout": 5,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "task_time_limit": 50,
        "task_soft_time_limit": 40,
        "task_default_queue": "countersign",
    }
