# enter.sh ROOT FOLDER PROGRAM [ARGUMENT...]
# Runs a program in a mount namespace of its own, with ROOT as its file system. It cannot change
# ROOT: what it writes is in FOLDER, and its other mounts end with it.
set -eu
root=$1 folder=$2
shift 2
# A mount point, which the storage of podman insists on.
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
for shared in dev proc sys; do mount --rbind "/$shared" "$root/$shared"; done
# Where the machine has both kinds of control groups, the older ones hide the others.
if [ -n "${UNIFIED_CGROUP-}" ] && [ -d /sys/fs/cgroup/unified ]; then
    mount --bind /sys/fs/cgroup/unified "$root/sys/fs/cgroup"
fi
for own in etc run tmp var; do mount --bind "$folder/$own" "$root/$own"; done
exec chroot "$root" "$@"
