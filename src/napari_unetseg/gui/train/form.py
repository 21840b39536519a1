"""How to train: the settings of the Train dock, as widgets and as a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, PushButton
from psygnal import Signal

from napari_unetseg.core.config import TrainConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.presets import PRESETS, train_config
from napari_unetseg.gui.parts.form import Folded
from napari_unetseg.gui.train.augment_fields import AUGMENTATION
from napari_unetseg.gui.train.fields import MINUTES, TRAINING, config_of, value_of
from napari_unetseg.gui.train.object_fields import OBJECTS
from napari_unetseg.runs.listing import model_name, models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magicgui.widgets.bases import ValueWidget, Widget

    from napari_unetseg.gui.parts.fields import Field

CLASSES, INSTANCES = "classes", "instances"
TASKS = (("classes", CLASSES), ("single objects", INSTANCES))
ZERO = (
    ("as proposed", "auto"),
    ("not annotated", "0"),
    ("background", "none"),
)

# Settings that other settings depend on.
_LEADING = ("dimensions", "network")


class TrainForm:
    """All settings of a training but its layers.

    Parameters
    ----------
    region : magicgui widget
        Stands at the top of the settings that are folded away.

    Attributes
    ----------
    task, zero, preset, minutes : magicgui widgets
        Those that stand in sight.
    folded : tuple of Folded
        The others, folded away under their headings.
    draw : PushButton
        Asks to draw what validates.
    of_objects : Folded
        The one of these that only single objects need.
    changed : Signal
        Whenever a setting is another.
    """

    changed = Signal()

    def __init__(self, region: ValueWidget[Any]) -> None:
        self.task = ComboBox(
            name="task",
            label="Learn",
            choices=TASKS,
            tooltip="What the labels mean. classes: all pixels of a class have one "
            "label. single objects: each cell or nucleus has a label of its own.",
        )
        self.zero = ComboBox(
            name="unannotated",
            label="Label 0 is",
            choices=ZERO,
            tooltip="Whether pixels of label 0 are not annotated, and so ignored, or a "
            "class of their own: the background. as proposed: as is noted in the file "
            "of the labels, or else as what is painted tells.",
        )
        self.preset = ComboBox(
            name="preset",
            label="Preset",
            choices=tuple(PRESETS),
            value="default",
            tooltip="Settings to start from. default: a U-Net for this computer. fast: "
            "a small one for a first look. paper: the U-Net of 2015, which wants a "
            "graphics card.",
        )
        config = train_config("default")
        self.minutes = MINUTES.widget(config.minutes)
        self.widgets: dict[Field, ValueWidget[Any]] = {
            field: field.widget(value_of(config, field.name))
            for field in (*TRAINING, *AUGMENTATION, *OBJECTS)
        }
        self.start_from = ComboBox(
            name="start_from",
            label="Start from",
            choices=_models(),
            tooltip="A new network with random weights, or a trained model that learns "
            "on.",
        )
        self.draw = PushButton(
            name="draw",
            text="Draw where it validates",
            tooltip="Add a layer with rectangles over what validates now; move or "
            "resize them, or draw others, and it validates there. Validation then says "
            "so in words, which can be changed too. Of several pairs it is the first.",
        )
        more: list[Widget] = []
        for field in TRAINING:
            beside = [self.draw] if field.name == "validation" else []
            more += [self.widgets[field], *beside]
        of_objects = [self.widgets[field] for field in OBJECTS]
        self.of_objects = Folded("Single objects", of_objects)
        self.of_objects.hide()
        self.folded = (
            Folded("More settings", [region, self.start_from, *more]),
            self.of_objects,
            Folded("Augmentation", [self.widgets[field] for field in AUGMENTATION]),
        )
        self._filling = False
        # What was filled in last; the user may have changed it since.
        self._filled = config
        self.preset.changed.connect(self._on_preset)
        for name in _LEADING:
            self._widget(name).changed.connect(self._on_network)
        self.task.changed.connect(self._on_task)
        shown = (self.task, self.zero, self.preset, self.minutes, self.start_from)
        for widget in (*shown, *self.widgets.values()):
            widget.changed.connect(self._tell)

    @property
    def config(self) -> TrainConfig:
        """The configuration that the widgets show.

        Raises
        ------
        InputError
            If a value does not fit, or a network is frozen that has learnt nothing.
        """
        values = {field.name: field.read(w) for field, w in self.widgets.items()}
        if values["steps"] is None:
            values["minutes"] = self.minutes.value
        values["unannotated"] = self.zero.value
        values["task"] = self.task.value
        if values["freeze"] and not self.start_from.value:
            raise InputError(
                "A new network has no way down that could keep its weights",
                "Choose a model for 'Start from', or untick 'Freeze'",
            )
        return config_of(self.preset.value, values)

    @property
    def objects(self) -> bool:
        """Whether single objects are learnt."""
        return bool(self.task.value == INSTANCES)

    @property
    def steps_decide(self) -> bool:
        """Whether a number of steps is given, in place of the minutes."""
        return bool(self._widget("steps").value.strip())

    def validate_in(self, boxes: str) -> None:
        """Validate where boxes say, as of `core.prepare.drawn.in_text`."""
        self._widget("validation").value = boxes

    def values(self) -> dict[str, Any]:
        """Plain values of all widgets, by name, to be remembered."""
        sight = (self.preset, self.task, self.zero, self.minutes)
        shown = (*sight, *self.widgets.values())
        return {widget.name: widget.value for widget in shown}

    def restore(self, values: Mapping[str, Any]) -> None:
        """Show remembered values; those that do not fit any more are left out."""
        # The preset comes first: it fills in the others.
        filling = map(self._widget, _LEADING)
        for widget in (self.preset, *filling, self.task, self.zero, self.minutes):
            restore(widget, values)
        for widget in self.widgets.values():
            restore(widget, values)

    def offer_models(self) -> None:
        """Offer the models that there are now."""
        self.start_from.choices = _models()

    def _widget(self, name: str) -> ValueWidget[Any]:
        return next(w for field, w in self.widgets.items() if field.name == name)

    def _on_task(self) -> None:
        self.of_objects.setVisible(self.objects)

    def _on_preset(self) -> None:
        dimensions = self._widget("dimensions").value
        self._fill(train_config(self.preset.value, dimensions=dimensions))

    def _on_network(self) -> None:
        wishes = {name: self._widget(name).value for name in _LEADING}
        self._fill(train_config(self.preset.value, **wishes))

    def _fill(self, config: TrainConfig) -> None:
        """Show what a preset or a network stands for, where it is another value."""
        if self._filling:
            return
        before, self._filled = self._filled, config
        self._filling = True
        try:
            for field, widget in self.widgets.items():
                value = value_of(config, field.name)
                if value != value_of(before, field.name):
                    field.show(widget, value)
        finally:
            self._filling = False

    def _tell(self) -> None:
        if not self._filling:
            self.changed.emit()


def _models() -> list[tuple[str, str]]:
    """Models to start from, and the choice of none."""
    names = [(model_name(path), str(path)) for path in models()]
    return [("a new network", ""), *names]


def restore(widget: ValueWidget[Any], values: Mapping[str, Any]) -> None:
    """Show a remembered value, unless there is none or it does not fit any more."""
    if widget.name not in values:
        return
    before = widget.value
    try:
        widget.value = values[widget.name]
    except (ValueError, TypeError, InputError):
        widget.value = before
