"""Lets Django's classes be written with the type parameters that its type stubs give them: `ModelForm[Operator]`.

At run time the parameter means nothing. Django itself does this for querysets and managers; these are the rest that we subclass.
"""

from typing import Any


def allow_type_parameters() -> None:
    """Called by settings, before anything of ours is imported; repeating it changes nothing."""
    from django.forms.formsets import BaseFormSet
    from django.forms.models import BaseModelForm, ModelChoiceField
    from django.views.generic.detail import SingleObjectMixin
    from django.views.generic.edit import FormMixin
    from django.views.generic.list import MultipleObjectMixin

    for cls in (BaseFormSet, BaseModelForm, ModelChoiceField, SingleObjectMixin, FormMixin, MultipleObjectMixin):
        setattr(cls, "__class_getitem__", classmethod(_itself))  # noqa: B010 - the stubs say it is there already


def _itself(cls: type, _parameter: Any) -> type:
    return cls
