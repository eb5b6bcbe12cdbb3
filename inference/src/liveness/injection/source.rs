//! Virtual cameras, by what a device says of itself.
//!
//! Names are those that V4L2 (`VIDIOC_QUERYCAP`: driver, card, bus_info, capabilities) gives for the virtual cameras that
//! are at hand on Linux. A name proves nothing where it is absent: who is root can load a driver of any name. Reading
//! the facts comes with the camera's hardware; until then a camera says `NotStated`.

use super::{Judgement, Reason, WhyNot};

/// What a device says of itself; `None` where it was not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Driver, such as `uvcvideo`.
    pub driver: Option<String>,
    /// Where it is plugged in, such as `usb-0000:00:14.0-1`; `Some("")` where it is nowhere.
    pub bus: Option<String>,
    /// Its own name.
    pub card: Option<String>,
    /// Capabilities as V4L2 states them for the device (`device_caps`).
    pub capabilities: Option<u32>,
}

/// Drivers that make pictures without a sensor: the loopback, the kernel's own test devices, and Webcamoid's.
const DRIVERS: [&str; 6] = [
    "v4l2 loopback",
    "v4l2loopback",
    "v4l2loopback_dc",
    "vivid",
    "vimc",
    "akvcam",
];

/// Words in the names of virtual cameras, lower case.
const CARDS: [&str; 13] = [
    "dummy video device",
    "obs virtual",
    "obs-camera",
    "virtual camera",
    "virtual webcam",
    "virtualcam",
    "v4l2loopback",
    "manycam",
    "droidcam",
    "iriun",
    "snap camera",
    "xsplit",
    "akvcam",
];

/// `V4L2_CAP_VIDEO_CAPTURE` and `V4L2_CAP_VIDEO_OUTPUT` of linux/videodev2.h.
const CAPTURES: u32 = 0x0000_0001;
const OUTPUTS: u32 = 0x0000_0002;

/// Judges a device. Every fact that was read counts; without any nothing is said.
#[must_use]
pub fn judge(facts: &DeviceFacts) -> Judgement {
    let lower = |text: &Option<String>| text.as_deref().map(str::to_lowercase);
    let (driver, bus, card) = (lower(&facts.driver), lower(&facts.bus), lower(&facts.card));
    if driver.is_none() && bus.is_none() && card.is_none() && facts.capabilities.is_none() {
        return Judgement::NotAssessed(WhyNot::NotStated);
    }
    let is_driver = |name: &String| DRIVERS.contains(&name.trim());
    let is_card = |name: &String| CARDS.iter().any(|word| name.contains(word));
    let is_loop = |name: &String| name.contains("v4l2loopback") || name.contains("virtual");
    if driver.as_ref().is_some_and(is_driver)
        || card.as_ref().is_some_and(is_card)
        || bus.as_ref().is_some_and(is_loop)
    {
        return Judgement::of(1.0, Reason::VirtualCamera);
    }
    // USB over IP (`vhci_hcd`) and gadgets that this machine plays to itself (`dummy_hcd`).
    let is_remote = |name: &String| name.contains("vhci") || name.contains("dummy_hcd");
    if bus.as_ref().is_some_and(is_remote) {
        return Judgement::of(0.9, Reason::RemoteUsb);
    }
    let both = CAPTURES | OUTPUTS;
    if facts.capabilities.is_some_and(|caps| caps & both == both) {
        return Judgement::of(0.8, Reason::TakesPictures);
    }
    let nowhere = bus.as_ref().is_some_and(|name| name.trim().is_empty());
    let uvc = driver.as_ref().is_some_and(|name| name == "uvcvideo");
    let off_usb = uvc && bus.as_ref().is_some_and(|name| !name.starts_with("usb-"));
    if nowhere || off_usb {
        return Judgement::of(0.7, Reason::NoBus);
    }
    Judgement::CLEAR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(driver: &str, bus: &str, card: &str, capabilities: u32) -> DeviceFacts {
        DeviceFacts {
            driver: Some(driver.into()),
            bus: Some(bus.into()),
            card: Some(card.into()),
            capabilities: Some(capabilities),
        }
    }

    #[test]
    fn a_webcam_a_capture_card_and_a_board_camera_are_clear() {
        for real in [
            device(
                "uvcvideo",
                "usb-0000:00:14.0-1",
                "HD Pro Webcam C920",
                0x0420_0001,
            ),
            device("cx23885", "PCI:0000:03:00.0", "Hauppauge HVR", 0x0420_0001),
            device(
                "rkisp_v10",
                "platform:rkisp0-vir0",
                "rkisp_mainpath",
                0x0420_1000,
            ),
        ] {
            assert_eq!(judge(&real), Judgement::CLEAR, "{real:?}");
        }
    }

    #[test]
    fn virtual_cameras_are_told_by_driver_card_or_bus() {
        let plain = "usb-0000:00:14.0-1";
        for (fake, reason) in [
            (
                device(
                    "v4l2 loopback",
                    "platform:v4l2loopback-000",
                    "Dummy video device (0x0000)",
                    3,
                ),
                Reason::VirtualCamera,
            ),
            (
                device("x", plain, "OBS Virtual Camera", 1),
                Reason::VirtualCamera,
            ),
            (
                device("vivid", "platform:vivid-000", "vivid", 1),
                Reason::VirtualCamera,
            ),
            (
                device("uvcvideo", "usb-vhci_hcd.0-1", "HD Webcam", 1),
                Reason::RemoteUsb,
            ),
            (device("own", plain, "HD Webcam", 3), Reason::TakesPictures),
            (device("own", "", "HD Webcam", 1), Reason::NoBus),
            (
                device("uvcvideo", "platform:x", "HD Webcam", 1),
                Reason::NoBus,
            ),
        ] {
            let judged = judge(&fake);
            assert_eq!(judged.reason(), Some(reason), "{fake:?}");
            assert!(judged.score() >= Some(0.5));
        }
    }

    #[test]
    fn a_device_that_says_nothing_is_not_assessed() {
        let nothing = judge(&DeviceFacts::default());
        assert_eq!(nothing, Judgement::NotAssessed(WhyNot::NotStated));
    }
}
