"""Settings as widgets: one line of a table each, with its unit in the tooltip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, SpinBox
from magicgui.widgets.bases import ValueWidget

from napari_unetseg.core.config import Device, Precision

LARGEST = 1_000_000


@dataclass(frozen=True)
class Field:
    """A setting of a configuration, and how it is asked for.

    Attributes
    ----------
    name : str
        Where it stands in the configuration, as in "augment.elastic_sigma".
    label, tooltip : str
        What the user reads; the tooltip gives the unit.
    choices : tuple of str or int
        What can be chosen; empty for numbers, text and yes or no.
    step : float
        Step of a real number, and the precision to which it is kept; must be given for
        them, because magicgui rounds to two digits without.
    largest : float
        The largest number.
    unset : str
        What an empty box shows if the setting may be left to the program.
    """

    name: str
    label: str
    tooltip: str
    choices: tuple[str, ...] | tuple[int, ...] = ()
    step: float = 1
    largest: float = LARGEST
    unset: str = ""

    def widget(self, value: Any) -> ValueWidget[Any]:
        """Make the widget, showing `value`."""
        about: dict[str, Any] = {
            "name": self.name.replace(".", "_"),
            "label": self.label,
            "tooltip": self.tooltip,
        }
        if self.choices:
            return ComboBox(value=value, choices=self.choices, **about)
        if isinstance(value, bool):
            box = CheckBox(value=value, **about)
            # The form has its label on the left, as those of all others.
            box.native.setText("")
            return box
        if self.unset:
            text = LineEdit(value="" if value is None else str(value), **about)
            text.native.setPlaceholderText(self.unset)
            return text
        if isinstance(value, str):
            return LineEdit(value=value, **about)
        about |= {"min": 0, "max": self.largest, "step": self.step}
        if isinstance(value, float):
            return FloatSpinBox(value=value, **about)
        return SpinBox(value=value, **about)

    def read(self, widget: ValueWidget[Any]) -> Any:
        """Value for the configuration; None where it is left to the program."""
        value = widget.value
        return (value.strip() or None) if self.unset else value

    def show(self, widget: ValueWidget[Any], value: Any) -> None:
        """Make the widget show a value of the configuration."""
        empty = "" if value is None else str(value)
        widget.value = empty if self.unset else value


DEVICE = Field(
    "device",
    "Device",
    "Where the network is computed. auto takes what Preferences or 'Check my computer' "
    "say; if they say auto too, an NVIDIA card (cuda) or an Apple chip (mps) if there "
    "is one, and the processor (cpu) otherwise.",
    choices=get_args(Device),
)
PRECISION = Field(
    "precision",
    "Precision",
    "Numbers of 32 bits (fp32) or 16 bits (bf16). auto trains with bf16 where the "
    "hardware is made for it; predictions are fp32 unless bf16 is chosen.",
    choices=get_args(Precision),
)
