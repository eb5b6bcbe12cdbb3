//! The compiled passes of `passes.wgsl`, and their order in a command buffer.

use super::super::planes::Layout;
use super::buffers::{Buffers, Slot};

/// Invocations of a work group: of `pixels` in a row, of the others a side.
const IN_A_ROW: u32 = 64;
const A_SIDE: u32 = 8;
/// Pixels that an invocation of `pixels` makes.
const PIXELS: u32 = 4;
/// Work groups that every device takes in one direction.
const MOST_GROUPS: u32 = 65_535;

pub(super) struct Passes {
    pub of_frame: wgpu::BindGroupLayout,
    pub of_patch: wgpu::BindGroupLayout,
    pixels: wgpu::ComputePipeline,
    shrink: wgpu::ComputePipeline,
    sample: wgpu::ComputePipeline,
}

impl Passes {
    pub fn compile(device: &wgpu::Device) -> Self {
        let (read, write) = (true, false);
        let of_frame = layout(device, &[read, write]);
        let of_patch = layout(device, &[read, write, write]);
        let module = device.create_shader_module(wgpu::include_wgsl!("passes.wgsl"));
        let pipeline = |entry: &str, groups: &[Option<&wgpu::BindGroupLayout>]| {
            let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: groups,
                immediate_size: 0,
            });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry),
                layout: Some(&layout),
                module: &module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        let both = [Some(&of_frame), Some(&of_patch)];
        Self {
            pixels: pipeline("pixels", &both[..1]),
            shrink: pipeline("shrink", &both),
            sample: pipeline("sample", &both),
            of_frame,
            of_patch,
        }
    }

    /// Pixels first, then each patch, then everything to where it can be read.
    pub fn encode(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        layout: &Layout,
        buffers: &Buffers,
        slots: &[Slot],
    ) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_bind_group(0, &buffers.bound, &[]);
        pass.set_pipeline(&self.pixels);
        let groups = (layout.width * layout.height).div_ceil(PIXELS * IN_A_ROW);
        let rows = groups.div_ceil(MOST_GROUPS);
        pass.dispatch_workgroups(groups.div_ceil(rows), rows, 1);
        for slot in slots {
            pass.set_bind_group(1, &slot.bound, &[]);
            if let Some([wide, high]) = slot.part {
                pass.set_pipeline(&self.shrink);
                pass.dispatch_workgroups(wide.div_ceil(A_SIDE), high.div_ceil(A_SIDE), 1);
            }
            pass.set_pipeline(&self.sample);
            let groups = slot.side().div_ceil(A_SIDE);
            pass.dispatch_workgroups(groups, groups, 1);
        }
        drop(pass);
        buffers.copy_back(encoder);
        for slot in slots {
            slot.copy_back(encoder);
        }
    }
}

/// A uniform first, then storage, each read only or not.
fn layout(device: &wgpu::Device, storage: &[bool]) -> wgpu::BindGroupLayout {
    let storage = storage
        .iter()
        .map(|&read_only| wgpu::BufferBindingType::Storage { read_only });
    let entries: Vec<_> = (0..)
        .zip(std::iter::once(wgpu::BufferBindingType::Uniform).chain(storage))
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: None,
        entries: &entries,
    })
}
