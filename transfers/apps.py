from django.apps import AppConfig


class TransfersConfig(AppConfig):
    name = "transfers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from approvals.corrections import machines
        from audit import partitions, retention, vocabulary
        from audit.archive import registry as archive
        from ledger.proofs import registry as proofs
        from transfers import coverage
        from transfers.archive import EVENTS, RETENTION
        from transfers.commands import (
            calendar_changes,
            conversion_terms,
            dear_speed_up,
            exchanges,
            levels,
            payout_recall,
            promotions,
            rebalance,
            synthetic,
        )
        from transfers.commands.bulk import events as bulk_events
        from transfers.commands.bulk import release as bulk_release
        from transfers.commands.deposits import allocation, refund, send_back
        from transfers.commands.manual_entry import register_entry
        from transfers.commands.moves import AUDIT_TYPES
        from transfers.commands.providers import PROVIDER_TYPES, nodes_set_aside
        from transfers.commands.reference import RATE_TYPES
        from transfers.commands.release import register_action
        from transfers.commands.verdicts import register_actions
        from transfers.corrections import CORRECTIONS
        from transfers.health.gate import Gate
        from transfers.health.states import HEALTH_TYPES
        from transfers.outbox.vocabulary import AUDIT_TYPES as WEBHOOK_TYPES
        from transfers.proofs import PROOFS
        from transfers.rails import registry
        from transfers.receipts.make import AUDIT_TYPES as RECEIPT_TYPES
        from transfers.vocabulary import DEPOSITS, DOORS

        vocabulary.register(*AUDIT_TYPES, *DOORS, *DEPOSITS, *PROVIDER_TYPES, *RATE_TYPES, *HEALTH_TYPES, *WEBHOOK_TYPES)
        vocabulary.register(*RECEIPT_TYPES, *synthetic.AUDIT_TYPES)
        vocabulary.register(*promotions.AUDIT_TYPES, *conversion_terms.AUDIT_TYPES, *bulk_events.AUDIT_TYPES)
        partitions.register("transfers_ensure_event_partitions")
        archive.register(EVENTS)
        retention.register(*RETENTION)
        proofs.register(*PROOFS)
        machines.register(*CORRECTIONS)
        coverage.register()
        register_action()
        bulk_release.register_action()
        register_entry()
        register_actions()
        payout_recall.register_action()
        dear_speed_up.register_action()
        allocation.register_action()
        send_back.register_action()
        refund.register_action()
        levels.register_action()
        calendar_changes.register_action()
        rebalance.register_action()
        registry.configure(
            registry.RailSettings(
                chain_rpc_url=settings.CHAIN_RPC_URL,
                chain_rpc_url_2=settings.CHAIN_RPC_URL_2,
                chain_id=settings.CHAIN_ID,
                confirmations=settings.CHAIN_CONFIRMATIONS,
                final_depth=settings.CHAIN_FINAL_DEPTH,
                stuck_after_blocks=settings.CHAIN_STUCK_AFTER_BLOCKS,
                block_time_s=float(settings.CHAIN_BLOCK_TIME),
                bank_url=settings.BANK_URL,
                bank_token=settings.BANK_TOKEN,
                desk_url=settings.DESK_URL,
                desk_token=settings.DESK_TOKEN,
                desks={name: registry.Address(url, settings.DESK_TOKENS.get(name, "")) for name, url in settings.DESKS.items()},
                desk_timeout_s=float(settings.QUOTE_BUDGET),
                rates_url=settings.RATES_URL,
                rates_token=settings.RATES_TOKEN,
                psp_url=settings.PSP_URL,
                psp_token=settings.PSP_TOKEN,
                signer_url=settings.SIGNER_URL,
                signer_token=settings.SIGNER_TOKEN,
                providers={
                    code: registry.Further(adapter, registry.Address(url, settings.PROVIDER_TOKENS.get(code, "")))
                    for code, (adapter, url) in settings.PROVIDERS.items()
                },
            ),
            gate=Gate(),
            set_aside=nodes_set_aside,
            recorder=exchanges.keep,
        )
